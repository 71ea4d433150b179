"""What each function does when it is woken: read what the event names, let the pure core decide, store, announce."""
