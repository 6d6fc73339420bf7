"""Statements often seen in course material that are wrong, each refuted by a counterexample.

A claim here states what a document says (`statement`: said, then right). Its counterexample
measures how far that is from the truth; the corrected statement goes through the same measurement
as the control, and must come out unharmed. One file a topic.
"""
