// Package sqlite stands in for SQLite translated to Go, a tenth of all sources of Loki, which may keep requests to delete
// lines in it: this one opens no database. By default, and here, Loki keeps them in BoltDB.
package sqlite

import "errors"

var ErrLeftOut = errors.New("this Loki was compiled without SQLite")

type OpenFlags uint

const (
	OpenReadWrite OpenFlags = 1 << iota
	OpenCreate
)

type Conn struct{}

func OpenConn(string, ...OpenFlags) (*Conn, error) { return nil, ErrLeftOut }
func (*Conn) Close() error                         { return nil }
func (*Conn) Changes() int                         { return 0 }

type Backup struct{}

func NewBackup(*Conn, string, *Conn, string) (*Backup, error) { return nil, ErrLeftOut }
func (*Backup) Step(int) (bool, error)                        { return false, ErrLeftOut }
func (*Backup) Close() error                                  { return nil }

type Stmt struct{}

func (*Stmt) ColumnInt(int) int     { return 0 }
func (*Stmt) GetText(string) string { return "" }
func (*Stmt) GetInt64(string) int64 { return 0 }
