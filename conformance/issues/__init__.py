"""Known issues of SDKs and endpoints, shown on real SDK releases under the wire condition that triggers each."""
