"""A proxy for TCP and unix sockets whose faults are switched while it runs; tests use `tests.lab.faultproxy.client`."""
