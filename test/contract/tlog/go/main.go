// Verifies a transparency log in a folder with nothing of ours: only golang.org/x/mod/sumdb/{note,tlog}.
//
// It reads one JSON job per line from standard input, {"dir","vkey","older","newer"?,"proofs"?}, and answers each with
// one line: "ok" or "bad: why". A log is sound when its checkpoint is signed, every entry hashes to its tile,
// the tiles lead to the checkpoint's root, and the older checkpoint is a prefix of it.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type job struct {
	Dir    string   `json:"dir"`
	Vkey   string   `json:"vkey"`
	Older  string   `json:"older"`
	Proofs []string `json:"proofs"`
	// An evidence package to check instead of a log: its two checkpoints, the proof between them, its samples' proofs.
	Package string `json:"package"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var j job
		err := json.Unmarshal(lines.Bytes(), &j)
		if err == nil {
			err = verify(j)
		}
		if err != nil {
			fmt.Fprintf(out, "bad: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintln(out, "ok")
		}
		out.Flush()
	}
}

func verify(j job) error {
	verifier, err := note.NewVerifier(strings.TrimSpace(j.Vkey))
	if err != nil {
		return err
	}
	if j.Package != "" {
		return evidence(j.Package, verifier)
	}
	text, err := os.ReadFile(filepath.Join(j.Dir, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := open(string(text), verifier)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, folder{j.Dir})
	if err := entries(j.Dir, tree, reader); err != nil {
		return err
	}
	if j.Older != "" {
		if err := grew(j.Older, tree, verifier, reader); err != nil {
			return err
		}
	}
	for _, file := range j.Proofs {
		if err := proof(file, verifier); err != nil {
			return err
		}
	}
	return nil
}

func open(text string, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is of another log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, errors.New("the root is no hash")
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// entries checks that every entry is the one that the authenticated tree has at its place.
func entries(dir string, tree tlog.Tree, reader tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += 256 {
		width := min(256, tree.N-first)
		bundle, err := folder{dir}.read("entries", first/256, int(width))
		if err != nil {
			return err
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i := range width {
			if len(bundle) < 2 {
				return errors.New("a bundle is cut short")
			}
			size := int(binary.BigEndian.Uint16(bundle))
			if len(bundle) < 2+size {
				return errors.New("a bundle is cut short")
			}
			if tlog.RecordHash(bundle[2:2+size]) != hashes[i] {
				return fmt.Errorf("entry %d is not the one in the tree", first+i)
			}
			bundle = bundle[2+size:]
		}
		if len(bundle) != 0 {
			return errors.New("a bundle holds more than the tree")
		}
	}
	return nil
}

func grew(older string, tree tlog.Tree, verifier note.Verifier, reader tlog.HashReader) error {
	text, err := os.ReadFile(older)
	if err != nil {
		return err
	}
	old, err := open(string(text), verifier)
	if err != nil {
		return err
	}
	if old.N > tree.N {
		return errors.New("the log is shorter than it was")
	}
	if old.N == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(tree.N, old.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

// evidence checks a package: the consistency proof between its checkpoints (a C2SP tlog-witness request), and its samples.
func evidence(dir string, verifier note.Verifier) error {
	var trees [2]tlog.Tree
	for i, name := range []string{"checkpoint.older", "checkpoint"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if trees[i], err = open(string(text), verifier); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "consistency"))
	if err != nil {
		return err
	}
	head, _, _ := strings.Cut(string(text), "\n\n")
	var path tlog.TreeProof
	for _, line := range strings.Split(head, "\n")[1:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(hash) != sha256.Size {
			return errors.New("no hash")
		}
		path = append(path, tlog.Hash(hash))
	}
	if err := tlog.CheckTree(path, trees[1].N, trees[1].Hash, trees[0].N, trees[0].Hash); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "samples", "*.tlog-proof"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := proof(file, verifier); err != nil {
			return err
		}
	}
	return nil
}

// proof checks a .tlog-proof file whose extra data is the entry itself.
func proof(file string, verifier note.Verifier) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, checkpoint, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("no proof")
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(hash) != sha256.Size {
			return errors.New("no hash")
		}
		path = append(path, tlog.Hash(hash))
	}
	tree, err := open(checkpoint, verifier)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

// folder reads tiles of height 8 as C2SP tlog-tiles lays them out.
type folder struct{ dir string }

func (folder) Height() int { return 8 }

func (folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		bytes, err := f.read(strconv.Itoa(tile.L), tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		all = append(all, bytes)
	}
	return all, nil
}

func (f folder) read(level string, n int64, width int) ([]byte, error) {
	path := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	path = filepath.Join(f.dir, "tile", level, path)
	if width < 256 {
		bytes, err := os.ReadFile(fmt.Sprintf("%s.p/%d", path, width))
		if err == nil || level == "entries" {
			return bytes, err
		}
	}
	bytes, err := os.ReadFile(path)
	if err != nil || level == "entries" {
		return bytes, err
	}
	if len(bytes) < width*tlog.HashSize {
		return nil, errors.New("a tile is cut short")
	}
	return bytes[:width*tlog.HashSize], nil
}
