"""Front end for Postfix and Sendmail: the milter protocol, version 6."""
