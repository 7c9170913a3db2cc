"""vSphere labs: a vCenter simulator that is not ours, and other clients of it. No line of NovaTUI is used here."""
