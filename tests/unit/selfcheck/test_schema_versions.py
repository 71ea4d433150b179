"""A stack that is older than its store is found, and says what to do."""

from steward.selfcheck.schema_versions import SchemaVersions


def test_a_stack_that_was_rolled_back_past_a_change_of_a_schema_is_older_than_its_store() -> None:
    first = SchemaVersions().with_release({"Routing": 1, "Run": 1})
    assert first.problems() == []
    upgraded = first.with_release({"Routing": 2, "Run": 1, "Promise": 1})
    assert upgraded.problems() == []
    (problem,) = upgraded.with_release({"Routing": 1, "Run": 1}).problems()
    assert "Promise of schema version 1 (this stack reads none), Routing of schema version 2 (this stack reads 1)" in (
        problem.sentence
    )
    assert "upgrade the stack" in problem.remedy
    assert upgraded.with_release({"Routing": 1, "Run": 1}).with_release(upgraded.stack).problems() == []
