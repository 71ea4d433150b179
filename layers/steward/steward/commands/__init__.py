"""Commands that people give: their form, signature and authorisation. Pure."""
