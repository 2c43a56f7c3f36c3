"""Exported scripts against the packages of the programs that they are for; no test of the suite."""
