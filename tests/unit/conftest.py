"""How unit tests run."""

from hypothesis import settings

settings.register_profile("steady", deadline=None)  # a shared processor is slow now and then; speed has benchmarks
settings.load_profile("steady")
