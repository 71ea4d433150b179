"""Ingestion: fetches an upload, assigns versions, finds duplicates, spills rows to disk and writes the batch."""
