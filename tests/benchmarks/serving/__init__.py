"""What serving costs an answer, in the deployed local stack."""
