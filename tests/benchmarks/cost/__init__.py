"""What a model costs a month, counted on the deployment in process."""
