# Who alters a type is told that it breaks a contract of somebody else, but not whose, nor what for, unless they may read
# the table.
set -euo pipefail
psql -Xqv ON_ERROR_STOP=1 <<'SQL'
SET client_min_messages = error;
CREATE ROLE attack_mallory;
CREATE ROLE attack_victim LOGIN;
CREATE SCHEMA mallory AUTHORIZATION attack_mallory;
CREATE SCHEMA victim AUTHORIZATION attack_victim;
GRANT USAGE ON SCHEMA victim TO attack_mallory;
SET ROLE attack_victim;
CREATE TYPE victim.kind AS ENUM ('a', 'b', 'c');
RESET ROLE;
SELECT aidataops.watch_schema();
SET ROLE attack_mallory;
CREATE TABLE mallory.hidden (secret victim.kind);
SELECT aidataops.create_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "secretive", "version": "1.0.0",
    "status": "active", "schema": [{"name": "hidden", "physicalName": "mallory.hidden", "properties": [
        {"name": "secret", "logicalType": "string", "quality": [{"metric": "invalidValues",
         "arguments": {"validValues": ["a", "b", "c"]}, "mustBe": 0}]}]}]}');
SQL
told=$(psql -XqU attack_victim -c "ALTER TYPE victim.kind RENAME VALUE 'b' TO 'z'" 2>&1)
[[ $told == *'ALTER TYPE breaks a contract'* ]] || { echo "nothing is told: $told"; exit 1; }
[[ $told != *secret* && $told != *hidden* && $told != *mallory* ]] || { echo "names are told: $told"; exit 1; }
psql -Xqc "GRANT USAGE ON SCHEMA mallory TO attack_victim; GRANT SELECT ON mallory.hidden TO attack_victim"
told=$(psql -XqU attack_victim -c "ALTER TYPE victim.kind RENAME VALUE 'c' TO 'y'" 2>&1)
[[ $told == *secretive*mallory.hidden*'secret (c)'* ]] || { echo "a reader is not told: $told"; exit 1; }
psql -XqU attack_victim -c "DROP SCHEMA victim CASCADE" >/dev/null 2>&1 || { echo "a schema is not dropped"; exit 1; }
