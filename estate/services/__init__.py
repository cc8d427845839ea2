"""The simulated systems that were services: a WIN1250 database, SQLite files, an SFTP drop, a SOAP service.

They serve what the estate wrote into folders, on the loopback interface only, and misbehave on order. The product
never imports them: it meets them through their protocols.
"""
