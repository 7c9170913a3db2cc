"""Our own stateful simulator of a vCenter: SOAP over TLS on loopback, spoken with pyVmomi's type metadata.

It does what vcsim lacks. It is written from VMware's API reference ("vSphere Web Services API", quoted as *API*),
knows no driver, and proves our code paths only: where the product's behaviour is not known to us, the docstring says
ASSUMED.
"""
