"""What a version is compared with: the profile of its reference, how windows of it vary, and its own performance."""
