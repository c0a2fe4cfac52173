-- What nodes on one database tell each other of their busiest counters: a row for each node that has something to tell.

-- +goose Up
CREATE TABLE count_messages (
    node    TEXT   PRIMARY KEY,
    pulse   BIGINT NOT NULL, -- moves with each message
    message TEXT   NOT NULL  -- sealed
);
