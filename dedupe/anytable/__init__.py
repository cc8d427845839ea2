"""Linking any table: roles of columns become a kind of party, and the engine that links customers does the rest.

Pure, and without a word of Polish: what people of any country have in common is compared as it is for customers, what
only holds in Poland is left out.
"""
