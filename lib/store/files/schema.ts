// The SQL text of every file, numbered by position and append-only: what has run on somebody's disk is never edited.
// Times are milliseconds since 1970; created_at repeats them as text for a person with the sqlite3 shell.
import type { Migrations } from './database.js'

export const EVENTS: Migrations = [
  `create table event_log (
     id integer primary key autoincrement,
     request_id text not null unique,
     ts integer not null,
     method text not null,
     path text not null,
     status integer not null,
     action text not null,
     duration_ms integer not null,
     remote_addr text,
     unit text,
     delivery text,
     body_sha256 text,
     meta text not null,
     created_at text not null
   );
   create index event_log_ts on event_log (ts);
   create index event_log_unit on event_log (unit, id) where unit is not null;
   create index event_log_status on event_log (status, id);
   create index event_log_action on event_log (action, id);
   create index event_log_delivery on event_log (delivery, body_sha256) where delivery is not null;
   create table tasks (
     id integer primary key autoincrement,
     unit text not null,
     image text not null,
     state text not null check (state in ('queued', 'running', 'done')),
     outcome text check (outcome in ('updated', 'unchanged', 'rolled-back', 'failed', 'skipped')),
     force integer not null default 0,
     caller text,
     reason text,
     created_at text not null,
     queued_ms integer not null,
     started_ms integer,
     finished_ms integer,
     boot_id text,
     owner text,
     attempts integer not null default 0,
     report text,
     check ((state = 'done') = (outcome is not null))
   );
   create unique index tasks_one_queued on tasks (unit) where state = 'queued';
   create unique index tasks_one_running on tasks (unit) where state = 'running';
   create index tasks_unit on tasks (unit, id);
   create index tasks_finished on tasks (finished_ms) where finished_ms is not null;
   create table event_tasks (
     event_id integer not null references event_log (id) on delete cascade,
     task_id integer not null references tasks (id) on delete cascade,
     primary key (event_id, task_id)
   ) without rowid;
   create index event_tasks_task on event_tasks (task_id)`,
  // A table cannot be given another check, and what is stored stays as it is: https://sqlite.org/lang_altertable.html, 7.
  `pragma writable_schema = on;
   update sqlite_schema set sql = replace(sql, '''skipped'')', '''skipped'', ''staged'')')
     where type = 'table' and name = 'tasks';
   pragma writable_schema = reset`,
  `drop index event_log_delivery;
   create index event_log_body on event_log (body_sha256) where body_sha256 is not null`,
  `alter table event_log add column tenant text;
   create index event_log_tenant on event_log (tenant, id) where tenant is not null`,
  // What is counted for good (totals.ts). Refused requests of which no more is known than that there were some have the status 0.
  `create table task_totals (
     unit text not null,
     outcome text not null,
     total integer not null,
     last_ms integer not null,
     primary key (unit, outcome)
   ) without rowid;
   insert into task_totals select unit, outcome, count(*), max(finished_ms) from tasks where state = 'done' group by unit, outcome;
   create trigger task_counted after update of state on tasks when new.state = 'done' and old.state != 'done' begin
     insert or ignore into task_totals values (new.unit, new.outcome, 0, 0);
     update task_totals set total = total + 1, last_ms = new.finished_ms where unit = new.unit and outcome = new.outcome;
   end;
   create table refused_totals (status integer primary key, total integer not null);
   insert into refused_totals
     select case action when 'refused' then 0 else status end as of, sum(case action when 'refused' then meta ->> 'refused' else 1 end)
       from event_log where status >= 400 group by of;
   create trigger refused_counted after insert on event_log when new.status >= 400 and new.action != 'refused' begin
     insert or ignore into refused_totals values (new.status, 0);
     update refused_totals set total = total + 1 where status = new.status;
   end`,
]

const HITS = `create table hits (name text not null, ts integer not null);
   create index hits_name on hits (name, ts)`

export const RATE_LIMITS: Migrations = [HITS]

export const IMAGE: Migrations = [
  `${HITS};
   create table history (
     id integer primary key autoincrement,
     ts integer not null,
     unit text not null,
     task_id integer not null,
     outcome text not null,
     old_image_id text,
     new_image_id text,
     old_digest text,
     new_digest text
   );
   create index history_ts on history (ts);
   create table bad_images (
     unit text not null,
     image_id text not null,
     ts integer not null,
     why text not null,
     primary key (unit, image_id)
   ) without rowid`,
]
