"use strict";
// Sends decisions and moves through the queue by keyboard. Single-letter shortcuts can be switched off, because speech
// input and assistive tools may send letters by themselves.

const box = document.getElementById("shortcuts");
if (box) {
  box.checked = localStorage.getItem("blekit-shortcuts") !== "off";
  box.addEventListener("change", () => localStorage.setItem("blekit-shortcuts", box.checked ? "on" : "off"));
}

const panel = document.querySelector(".decision");

async function decide(kind) {
  const outcome = document.getElementById("outcome");
  const buttons = panel.querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  outcome.textContent = "Saving…";
  try {
    const response = await fetch(`${panel.dataset.root}/cases/${panel.dataset.ref}/decision`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ kind, reason: document.getElementById("reason").value }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message || answer.detail || `the server answered ${response.status}`);
    outcome.textContent = `Decided: ${kind}.`;
    location.assign(answer.next ? `${panel.dataset.root}/cases/${answer.next}` : `${panel.dataset.root}/`);
  } catch (error) {
    outcome.textContent = `Not saved: ${error.message}`;
    buttons.forEach((button) => { button.disabled = false; });
  }
}

if (panel) {
  panel.querySelectorAll("button").forEach((button) => {
    button.addEventListener("click", () => decide(button.dataset.kind));
  });
}

function step(by) {
  const links = [...document.querySelectorAll("a.case")];
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(Math.max(at + by, 0), links.length - 1)];
  if (next) next.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=checkbox]), textarea");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || !box || !box.checked) return;
  if (panel && !panel.querySelector("button").disabled) {
    if (event.key === "s") decide("same");
    if (event.key === "d") decide("different");
    if (event.key === "n") document.getElementById("skip-case").click();
  }
  if (event.key === "j") step(1);
  if (event.key === "k") step(-1);
});
