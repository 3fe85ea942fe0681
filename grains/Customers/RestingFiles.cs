using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Customers;

/// <summary>Files at rest as they stand on the shelf, and those that are on their way there. Later turns do not touch it.</summary>
/// <param name="Shelved">runs of files in the order of their keys</param>
/// <param name="Coming">newer than what is shelved under the same customer; no bytes for one of whom nothing is known any more</param>
public sealed record RestingImage(IReadOnlyList<RestingBytes> Shelved, IReadOnlyList<KeyValuePair<string, byte[]>> Coming)
{
    public static readonly RestingImage None = new([], []);
}

/// <summary>
/// Customers' files of which nothing is expected any more, out of memory: runs of some 8 KB in the order of a hash, of which memory knows where each
/// begins. To find a customer reads one run; to put one there is gathered with others, so that a run is not written for each. (design: rule 7)
/// </summary>
/// <param name="gathered">so many wait at most before runs are written</param>
/// <param name="runBytes">a run that grows beyond it becomes two</param>
public sealed class RestingFiles(IShelf shelf, int gathered = 4_096, int runBytes = 8 * 1024)
{
    private const int HeadBytes = 16;

    private readonly record struct Run(ulong From, RestingBytes Bytes);

    private readonly record struct Coming(ulong Hash, string Customer, byte[]? File = null) : IComparable<Coming>
    {
        public int CompareTo(Coming other) => Hash != other.Hash ? Hash.CompareTo(other.Hash) : string.CompareOrdinal(Customer, other.Customer);
    }

    private readonly record struct Entry(ulong Hash, string Customer, byte[] File)
    {
        public int Length => HeadBytes + Encoding.UTF8.GetByteCount(Customer) + File.Length;
    }

    private readonly List<Run> _runs = []; // ascending; the first begins at 0
    private readonly SortedRuns<Coming> _coming = new();
    private ulong _written; // where the writing of runs stands

    /// <summary>The file of a customer as it was put; null where none rests. One that was taken out since is still found: whoever has it in memory does not ask.</summary>
    public byte[]? Find(string customer) => Find([customer]).Select(static f => f.Value).FirstOrDefault();

    /// <summary>The files of many, those that rest, in no order: each run is read once.</summary>
    public IEnumerable<KeyValuePair<string, byte[]>> Find(IEnumerable<string> customers)
    {
        var (run, bytes) = (-1, Array.Empty<byte>());
        foreach (var (hash, customer) in customers.Select(c => (Hash: HashOf(c), Customer: c)).OrderBy(c => c.Hash))
        {
            if (_coming.TryFind(new(hash, customer), out var coming))
            {
                if (coming.File is { Length: > 0 } file) yield return new(customer, file);
                continue;
            }
            if (_runs.Count == 0) continue;
            if (RunOf(hash) is var of && of != run) (run, bytes) = (of, _runs[of].Bytes.Read());
            foreach (var entry in Entries(bytes, hash))
                if (entry.Customer == customer) yield return new(customer, entry.File);
        }
    }

    /// <param name="file">no bytes: nothing is known of the customer any more</param>
    public void Put(string customer, byte[] file) => _coming.Set(new(HashOf(customer), customer, file));

    /// <summary>Writes some of the runs for which files are gathered, where there are enough of these: a little at a time.</summary>
    public void Write(int runs)
    {
        for (; runs > 0 && _coming.Count > gathered; runs--)
        {
            if (!_coming.TryAfter(new(_written, ""), out var next)) next = _coming.Min;
            Merge(_runs.Count == 0 ? -1 : RunOf(next.Hash));
        }
    }

    /// <summary>All, in no order; of a customer the newest.</summary>
    public IEnumerable<KeyValuePair<string, byte[]>> All()
    {
        foreach (var run in _runs)
            foreach (var (hash, customer, file) in Entries(run.Bytes.Read()))
                if (!_coming.TryFind(new(hash, customer), out _)) yield return new(customer, file);
        foreach (var coming in _coming)
            if (coming.File is { Length: > 0 } file) yield return new(coming.Customer, file);
    }

    public RestingImage Image() => new([.. _runs.Select(r => r.Bytes)], [.. _coming.Select(c => KeyValuePair.Create(c.Customer, c.File!))]);

    /// <summary>Only on a fresh one.</summary>
    public void Resume(RestingImage image)
    {
        foreach (var run in image.Shelved)
            if (run.Read() is { Length: > 0 } bytes) _runs.Add(new(_runs.Count == 0 ? 0 : Entries(bytes).First().Hash, shelf.Put(bytes)));
        foreach (var (customer, file) in image.Coming) Put(customer, file);
    }

    // Those that are gathered for a run go into it, in their order; one that grew too long becomes two.
    private void Merge(int index)
    {
        var (from, end) = index < 0 ? (0, 0UL) : (_runs[index].From, index + 1 < _runs.Count ? _runs[index + 1].From : 0);
        var coming = new List<Coming>();
        foreach (var one in _coming.From(new(from, "")))
        {
            if (end != 0 && one.Hash >= end) break;
            coming.Add(one);
        }
        foreach (var one in coming) _coming.Remove(one);
        _written = coming[^1].Hash;
        var newer = new HashSet<string>(coming.Select(c => c.Customer), StringComparer.Ordinal); // looked up, never walked through
        var all = new List<Entry>();
        if (index >= 0) all.AddRange(Entries(_runs[index].Bytes.Read()).Where(e => !newer.Contains(e.Customer)));
        foreach (var one in coming)
            if (one.File!.Length > 0) all.Add(new(one.Hash, one.Customer, one.File));
        all.Sort(static (a, b) => a.Hash.CompareTo(b.Hash));
        Shelve(index, from, all);
    }

    private void Shelve(int index, ulong from, List<Entry> all)
    {
        var old = index < 0 ? null : _runs[index].Bytes;
        if (index >= 0) _runs.RemoveAt(index);
        var at = Math.Max(0, index);
        for (var next = 0; next < all.Count || next == 0;)
        {
            var (first, length) = (next, 0);
            // Two of one hash stay together: a run is looked for by where it begins.
            while (next < all.Count && (length < runBytes || all[next].Hash == all[next - 1].Hash)) length += all[next++].Length;
            _runs.Insert(at++, new(first == 0 ? from : all[first].Hash, shelf.Put(Bytes(all, first, next, length), old)));
            old = null;
            if (all.Count == 0) break;
        }
    }

    private static byte[] Bytes(List<Entry> all, int first, int end, int length)
    {
        var (bytes, at) = (new byte[length], 0);
        for (var i = first; i < end; i++)
        {
            var (hash, customer, file) = all[i];
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), hash);
            var name = Encoding.UTF8.GetBytes(customer, bytes.AsSpan(at + HeadBytes));
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 8), name);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 12), file.Length);
            file.CopyTo(bytes, at + HeadBytes + name);
            at += HeadBytes + name + file.Length;
        }
        return bytes;
    }

    private static IEnumerable<Entry> Entries(byte[] bytes, ulong? only = null)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var (hash, name, file) = (BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 8)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 12)));
            at += HeadBytes;
            if (only is null || hash == only) yield return new(hash, Encoding.UTF8.GetString(bytes, at, name), bytes[(at + name)..(at + name + file)]);
            at += name + file;
        }
    }

    private int RunOf(ulong hash)
    {
        var (low, high) = (0, _runs.Count);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (_runs[middle].From <= hash) low = middle; else high = middle;
        }
        return low;
    }

    private static ulong HashOf(string customer)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(customer), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
