"""What is known of one window of one version: the input of every monitor."""
