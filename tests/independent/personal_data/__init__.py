"""Labelled values of personal data, made by Faker in an environment of its own."""
