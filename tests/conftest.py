"""For all tests: property tests are the same in every run, and no busy machine fails them."""

from hypothesis import settings

settings.register_profile("dialer", deadline=None, derandomize=True)
settings.load_profile("dialer")
