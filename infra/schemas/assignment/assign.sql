-- Which arm of an experiment an entity has: the same as steward.experiments.assignment, for DuckDB.
-- infra/docs/experiments.md has the line with the position for other engines.
create or replace macro assignment_position(salt, entity) as
    cast('0x' || left(sha256(salt || ':' || cast(entity as varchar)), 13) as bigint);
-- arms: a list of {name, below} in the order of the assignment; null for an entity that is null or empty
create or replace macro assigned_arm(arms, salt, entity) as
    case when nullif(cast(entity as varchar), '') is not null
         then list_filter(arms, lambda arm: assignment_position(salt, entity) < arm.below)[1].name end;
