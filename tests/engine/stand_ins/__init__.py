"""Small real policies of a third party, as the engine's tests need them."""
