"""Release notes and monthly reports: documents made of what is stored of a model."""
