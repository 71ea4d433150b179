"""Monthly cost of a deployment, from counted requests, bytes and seconds at list prices."""
