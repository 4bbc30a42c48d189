package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A log that is served in tiles, as Go's sumdb reads one: tiles count only once they make the root that was signed.
type served struct{ url string }

func (s served) Height() int                     { return 8 }
func (s served) SaveTiles([]tlog.Tile, [][]byte) {}
func (s served) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		bytes, err := s.get("tile/" + strings.TrimPrefix(tile.Path(), "tile/8/"))
		if err != nil {
			return nil, err
		}
		all[i] = bytes
	}
	return all, nil
}

func (s served) get(path string) ([]byte, error) {
	answer, err := http.Get(s.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// Every entry of a log, each of which has the hash that the tree has at its place.
func readLog(url, key string) ([]string, error) {
	log := served{url}
	checkpoint, err := log.get("checkpoint")
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(opened.Text, "\n")
	tree := tlog.Tree{Hash: hash(lines[2])}
	if _, err := fmt.Sscanf(lines[1], "%d", &tree.N); err != nil {
		return nil, err
	}
	reader := tlog.TileHashReader(tree, log)
	var entries []string
	for n := int64(0); n < tree.N; {
		tile := tlog.Tile{H: 8, L: 0, N: n / 256, W: int(min(256, tree.N-n))}
		bundle, err := log.get("tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/0/"))
		if err != nil {
			return nil, err
		}
		for ; len(bundle) > 0; n++ {
			size := binary.BigEndian.Uint16(bundle)
			entry := bundle[2 : 2+size]
			bundle = bundle[2+size:]
			hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
			if err != nil {
				return nil, err
			}
			if hashes[0] != tlog.RecordHash(entry) {
				return nil, fmt.Errorf("entry %d is not the one in the tree", n)
			}
			entries = append(entries, string(entry))
		}
	}
	return entries, nil
}
