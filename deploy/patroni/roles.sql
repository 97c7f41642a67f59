-- Rights in the cluster's database: gateway_owner makes tables and prunes, gateway is what the nodes are.
-- Nodes add records and change none; whoever signs heads adds what witnesses answered. Run it as superuser in the database,
-- after `gateway cluster init` by gateway_owner, and again after an upgrade of the gateway.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_owner') THEN CREATE ROLE gateway_owner LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway') THEN CREATE ROLE gateway LOGIN; END IF;
END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO gateway_owner;
GRANT USAGE ON SCHEMA public TO gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gateway;
REVOKE UPDATE, DELETE, TRUNCATE ON record, event, checkpoint, head, global_checkpoint FROM gateway;
REVOKE DELETE, TRUNCATE ON entry, shipper FROM gateway;
GRANT UPDATE (cosigned) ON global_checkpoint TO gateway;
