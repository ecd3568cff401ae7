-- Who may do what with the queue. An administrator runs this once, with passwords of their own:
--     mariadb <grants.sql
-- Whoever loads and drains makes the tables, and may forget a job. A machine may not delete anything.
create database if not exists crawl;
create user if not exists crawl_list@'%' identified by 'PASSWORD';
create user if not exists crawl_machine@'%' identified by 'PASSWORD';
grant create, select, insert, update, delete on crawl.* to crawl_list@'%';
grant select, insert, update on crawl.* to crawl_machine@'%';
