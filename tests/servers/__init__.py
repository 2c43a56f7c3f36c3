"""Lanes and sheets on real servers, each installed by itself; no test of the suite."""
