"""Moving in from SageMaker Model Monitor and Clarify: their files are read as they are, and written so too."""
