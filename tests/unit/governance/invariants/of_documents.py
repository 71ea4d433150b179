"""What can be wrong with the documents that are kept of a model."""

from tests.unit.governance.invariants.intact import Break, replaced_in

BREAKS = [
    Break("card_template_current", "an older template", replaced_in("documents", card_template=1), "by template 1"),
    Break("card_template_current", "no card", replaced_in("documents", card_template=None), "no card of it"),
    Break("data_card_present", "no data card", replaced_in("documents", data_card=None), "no data card of it"),
    Break("documents_current", "a newer declaration", replaced_in("documents", stale=["model-card x"]), "model-card x"),
    Break("documents_intact", "other bytes", replaced_in("documents", damaged=["card.md was overwritten"]), "card.md"),
]
