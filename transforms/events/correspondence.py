"""Mail: what it is about, which of it is ours, and when it was answered.

A mailbox holds what customers wrote and what advisors answered. An answer is no event of its own; it closes the message
whose number it names. A customer who writes again answers our answer: what his message follows is his first one.
"""

from __future__ import annotations

import pandas as pd

from config.kinds import AnswerRules
from transforms.distinct import as_text, on_distinct
from transforms.draft import Context, flag

ANSWER = "answer"
ANSWERED, OPEN = "answered", "open"
Columns = dict[str, pd.Series]


def read_mail(text: pd.DataFrame, at: pd.Series, context: Context) -> tuple[Columns, pd.Series, list[pd.Series]]:
    """What subjects and answers tell: measures by name, the reason to exclude a row, and reason codes.

    Args:
        text: raw columns without pad blanks.
        at: instant of each row, missing where its clock cannot be read.
        context: a kind whose rules know neither subjects nor answers gets nothing.
    """
    topic, excluded, issues = read_subjects(text, context)
    told: Columns = {"topic": topic} if context.kind.columns_with("subject") else {}
    rules = context.kind.event.answers if context.kind.event else None
    if rules is None:
        return told, excluded, issues
    is_ours = text[rules.sender].str.lower().isin(rules.ours).fillna(False).astype(bool)
    return (
        told | read_answers(text, at, rules, is_ours=is_ours),
        excluded.mask(is_ours & excluded.isna(), ANSWER),
        issues,
    )


def read_subjects(text: pd.DataFrame, context: Context) -> tuple[pd.Series, pd.Series, list[pd.Series]]:
    """Topic of each row by the words of its subject, the reason to exclude it, and reason codes."""
    topic = pd.Series(pd.NA, index=text.index, dtype="string")
    excluded = topic.copy()
    issues: list[pd.Series] = []

    def read(subject: str) -> tuple[str | None, str | None]:
        word = context.lookups.subject_word(subject)
        return (word.topic, word.exclude) if word else (None, None)

    for column in context.kind.columns_with("subject"):
        told = on_distinct(text[column], read, names=("topic", "exclude"))
        topic, excluded = topic.fillna(as_text(told["topic"])), excluded.fillna(as_text(told["exclude"]))
        says_nothing = text[column].notna() & told["topic"].isna() & told["exclude"].isna()
        issues.append(flag(says_nothing, "topic_unreadable"))
    return topic, excluded, issues


def read_answers(text: pd.DataFrame, at: pd.Series, rules: AnswerRules, *, is_ours: pd.Series) -> Columns:
    """Whether and when each message was answered for the first time, and which message it follows.

    A message that follows one of our answers follows what that answers, where the answer is in the same delivery.
    """
    number, follows = text[rules.number], text[rules.follows]
    answers = pd.DataFrame({"number": number, "follows": follows, "at": at})[is_ours & follows.notna()]
    first = answers.dropna(subset=["at"]).groupby("follows")["at"].min()
    question = answers.dropna(subset=["number"]).drop_duplicates("number").set_index("number")["follows"]
    is_answered = number.isin(answers["follows"]).astype("boolean").fillna(False)
    return {
        "outcome": is_answered.map({True: ANSWERED, False: OPEN}).astype("string"),
        "closed_at": pd.to_datetime(number.map(first), utc=True),
        "related_number": follows.map(question).astype("string").fillna(follows),
    }
