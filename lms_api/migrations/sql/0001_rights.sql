-- Who may see and do what. The roles campus_owner, campus_app and campus_log stand before the first revision.

-- The door: a role that nobody can sign in as. It owns the few functions that must look before the tenant is known.
do $$ begin
    create role campus_door nologin nosuperuser nobypassrls noinherit;
exception when duplicate_object or unique_violation then null; -- another database of this cluster made it, or a superuser
end $$;

-- Every table that carries an organization: its rows exist only for transactions of that organization, the owner's too.
do $$
declare
    tenant text;
begin
    for tenant in
        select c.table_name from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = 'public' and c.column_name = 'organization_id' and t.table_type = 'BASE TABLE'
    loop
        execute format('alter table %I enable row level security', tenant);
        execute format('alter table %I force row level security', tenant);
        execute format(
            'create policy own_organization on %I
                using (organization_id = nullif(current_setting(''campus.organization_id'', true), '''')::uuid)
                with check (organization_id = nullif(current_setting(''campus.organization_id'', true), '''')::uuid)',
            tenant
        );
        execute format('grant select, insert, update, delete on %I to campus_app', tenant);
    end loop;
end $$;

alter table organizations enable row level security;
alter table organizations force row level security;
create policy own_organization on organizations
    using (id = nullif(current_setting('campus.organization_id', true), '')::uuid)
    with check (id = nullif(current_setting('campus.organization_id', true), '')::uuid);
grant select, insert, update on organizations to campus_app;

-- What was predicted and what was imported is never rewritten by the application.
revoke update on predictions, prediction_batches, prediction_exposures from campus_app;

-- Of the whole platform, without an organization. The readiness check compares the schema's revision with the code's.
grant select, insert, delete on loop_reports, service_nonces to campus_app;
grant select on alembic_version to campus_app;

-- Before the tenant is known: what the door may read, and the functions that do it.
grant usage on schema public to campus_app, campus_log, campus_door;
grant select (id, name, slug, logo_url, made_up) on organizations to campus_door;
grant select (id, organization_id, email, password_hash, status) on users to campus_door;
grant select (organization_id, token_hash) on refresh_tokens to campus_door;
create policy before_the_tenant on organizations for select to campus_door using (true);
create policy before_the_tenant on users for select to campus_door using (true);
create policy before_the_tenant on refresh_tokens for select to campus_door using (true);

create function door_organization(by_slug text)
returns table (organization_id uuid, name text, slug text, logo_url text, made_up boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select o.id, o.name::text, o.slug::text, o.logo_url, o.made_up from public.organizations o where o.slug = by_slug
$$;

create function door_any_organization() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from public.organizations)
$$;

create function door_sign_in(by_slug text, by_email text)
returns table (organization_id uuid, user_id uuid, password_hash text, status text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select u.organization_id, u.id, u.password_hash::text, u.status::text
    from public.users u join public.organizations o on o.id = u.organization_id
    where o.slug = by_slug and u.email = by_email
$$;

create function door_refresh(by_token_hash bytea) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.organization_id from public.refresh_tokens r where r.token_hash = by_token_hash
$$;

-- A new owner of a function needs CREATE on its schema, and we need to be a member for a moment.
grant campus_door to current_user;
grant create on schema public to campus_door;
alter function door_organization(text) owner to campus_door;
alter function door_any_organization() owner to campus_door;
alter function door_sign_in(text, text) owner to campus_door;
alter function door_refresh(bytea) owner to campus_door;
revoke create on schema public from campus_door;
set local role campus_door;
revoke execute on function
    door_organization(text), door_any_organization(), door_sign_in(text, text), door_refresh(bytea) from public;
grant execute on function
    door_organization(text), door_any_organization(), door_sign_in(text, text), door_refresh(bytea) to campus_app, session_user;
reset role;
revoke campus_door from current_user;
