package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// postgres is a database on a server that runs on this computer.
type postgres struct {
	address string
	server  int // process id of the server, whose children do the work
}

func (p postgres) String() string { return "PostgreSQL" }

func findPostgres(ctx context.Context, address string) (postgres, error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return postgres{}, err
	}
	defer conn.Close(ctx)
	server, err := serverOf(ctx, conn)
	return postgres{address, server}, err
}

// serverOf finds the parent of the process that serves the connection.
func serverOf(ctx context.Context, conn *pgx.Conn) (int, error) {
	var backend int
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return 0, err
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", backend))
	if err != nil || !strings.HasPrefix(string(name), "postgres") {
		return 0, errors.New("-database: the server must run on this computer, or its CPU time cannot be counted")
	}
	s, err := readStat(backend)
	return s.parent, err
}

func (p postgres) usage() (cpuTime, error) { return treeUsage(p.server) }

func (p postgres) bytes(ctx context.Context) (int64, error) {
	conn, err := pgx.Connect(ctx, p.address)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "VACUUM"); err != nil {
		return 0, err
	}
	var size int64
	err = conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&size)
	return size, err
}

func (p postgres) bare(ctx context.Context) (update func() error, done func() error, err error) {
	conn, err := pgx.Connect(ctx, p.address)
	if err != nil {
		return nil, nil, err
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE bare (id INTEGER PRIMARY KEY, value BIGINT); INSERT INTO bare VALUES (1, 0)"); err != nil {
		return nil, nil, errors.Join(err, conn.Close(ctx))
	}
	return func() error {
			_, err := conn.Exec(ctx, "UPDATE bare SET value = value + 1 WHERE id = $1", 1)
			return err
		}, func() error {
			return conn.Close(context.WithoutCancel(ctx))
		}, nil
}
