CREATE FUNCTION aidataops._announce(contract text, version text, event text, detail jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    number bigint;
BEGIN
    INSERT INTO aidataops.contract_event (contract, version, event, detail, happened_by)
    VALUES (_announce.contract, _announce.version, _announce.event, _announce.detail, session_user) RETURNING event_id INTO number;
    -- anybody may listen, so names of contracts stay where policies guard them
    PERFORM pg_notify('aidataops', json_build_object('event', event, 'event_id', number)::text);
END $$;
COMMENT ON FUNCTION aidataops._announce(text, text, text, jsonb) IS 'Internal: temporary.';
