// What golang.org/x/mod makes of logs and notes: a question in JSON on each line, an answer on each line.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Ask                string
	Older, Size, Index int64
	OlderRoot, Root    string
	Hashes             []string
	Entry, Key, Note   string
	Url                string
}

type answer struct {
	Root   string   `json:"root,omitempty"`
	Hashes []string `json:"hashes"`
	Text   string   `json:"text,omitempty"`
	Ok     bool     `json:"ok"`
	// Of a log that is read: its entries.
	Entries []string `json:"entries,omitempty"`
}

// The log of entries "entry 0", "entry 1", ...
var stored []tlog.Hash
var size int64

var reader = tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		hashes[i] = stored[at]
	}
	return hashes, nil
})

func grow(to int64) {
	for ; size < to; size++ {
		more, err := tlog.StoredHashes(size, []byte(fmt.Sprintf("entry %d", size)), reader)
		must(err)
		stored = append(stored, more...)
	}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q question
		must(json.Unmarshal(in.Bytes(), &q))
		must(out.Encode(ask(q)))
	}
	must(in.Err())
}

func ask(q question) answer {
	switch q.Ask {
	case "inclusion":
		grow(q.Size)
		proof, err := tlog.ProveRecord(q.Size, q.Index, reader)
		must(err)
		return answer{Root: root(q.Size), Hashes: texts(proof), Ok: true}
	case "consistency":
		grow(q.Size)
		proof, err := tlog.ProveTree(q.Size, q.Older, reader)
		must(err)
		return answer{Root: root(q.Size), Hashes: texts(proof), Ok: true}
	case "check inclusion":
		err := tlog.CheckRecord(hashes(q.Hashes), q.Size, hash(q.Root), q.Index, tlog.RecordHash([]byte(q.Entry)))
		return answer{Ok: err == nil}
	case "check consistency":
		err := tlog.CheckTree(hashes(q.Hashes), q.Size, hash(q.Root), q.Older, hash(q.OlderRoot))
		return answer{Ok: err == nil}
	case "sign":
		signer, err := note.NewSigner(q.Key)
		must(err)
		signed, err := note.Sign(&note.Note{Text: q.Note}, signer)
		must(err)
		return answer{Text: string(signed), Ok: true}
	case "open":
		verifier, err := note.NewVerifier(q.Key)
		if err != nil {
			return answer{}
		}
		_, err = note.Open([]byte(q.Note), note.VerifierList(verifier))
		return answer{Ok: err == nil}
	case "check proof":
		return answer{Ok: checkProof(q)}
	case "read log":
		entries, err := readLog(q.Url, q.Key)
		if err != nil {
			return answer{Text: err.Error()}
		}
		return answer{Ok: true, Entries: entries}
	case "path":
		tile := tlog.Tile{H: 8, L: int(q.Older), N: q.Index, W: int(q.Size)}
		return answer{Text: strings.TrimPrefix(tile.Path(), "tile/8/"), Ok: true}
	}
	panic("no such question: " + q.Ask)
}

// A .tlog-proof of an entry, as somebody would check it who has Go only.
func checkProof(q question) bool {
	head, checkpoint, _ := strings.Cut(q.Note, "\n\n")
	verifier, err := note.NewVerifier(q.Key)
	must(err)
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return false
	}
	lines := strings.Split(head, "\n")
	var index, of int64
	if _, err := fmt.Sscanf(lines[1], "index %d", &index); err != nil {
		return false
	}
	text := strings.Split(opened.Text, "\n")
	if _, err := fmt.Sscanf(text[1], "%d", &of); err != nil {
		return false
	}
	return tlog.CheckRecord(hashes(lines[2:]), of, hash(text[2]), index, tlog.RecordHash([]byte(q.Entry))) == nil
}

func root(size int64) string {
	hash, err := tlog.TreeHash(size, reader)
	must(err)
	return hash.String()
}

func hash(text string) tlog.Hash {
	hash, err := tlog.ParseHash(text)
	must(err)
	return hash
}

func hashes(texts []string) (all []tlog.Hash) {
	for _, text := range texts {
		all = append(all, hash(text))
	}
	return all
}

func texts(hashes []tlog.Hash) []string {
	all := []string{}
	for _, hash := range hashes {
		all = append(all, hash.String())
	}
	return all
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
