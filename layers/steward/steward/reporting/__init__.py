"""What people are shown of a model: a report worked out from what is stored, and the page that is made of it."""
