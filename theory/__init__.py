"""What must be true of generative adversarial networks, stated as claims and checked."""
