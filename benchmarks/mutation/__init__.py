"""Mutation tests of the judge's own code: small changes made by mutmut's operators, each tried against the tests."""
