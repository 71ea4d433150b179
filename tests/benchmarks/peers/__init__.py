"""The libraries that Steward is compared with, each in an environment of its own under `.local/peers/`."""
