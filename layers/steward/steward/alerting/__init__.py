"""Alert states and the messages that people receive."""
