"""How often drift is cried where there is none, and how often it is missed: Steward and its peers on the same data."""
