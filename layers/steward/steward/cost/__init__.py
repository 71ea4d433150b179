"""What a deployment takes, by counted requests, bytes and seconds, at list prices."""
