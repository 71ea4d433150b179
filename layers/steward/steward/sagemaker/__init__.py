"""Reads and writes the files of SageMaker Model Monitor and Clarify."""
