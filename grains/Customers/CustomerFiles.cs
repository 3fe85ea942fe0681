using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Customers;

/// <summary>A file in memory, of an image.</summary>
/// <param name="WindowMs">the look-back by which it was judged last, and <paramref name="PerIssue"/> with it</param>
/// <param name="HasRested">some of its rows left memory</param>
public sealed record OpenFile(string Customer, long WindowMs, bool PerIssue, bool HasRested, IReadOnlyList<ContactFact> Facts);

/// <summary>Everything that is known of customers, of an image. Later turns do not touch it.</summary>
public sealed record FilesImage(IReadOnlyList<OpenFile> Open, RestingImage Resting)
{
    public static readonly FilesImage None = new([], RestingImage.None);

    /// <summary>Every fact of every file, in no order.</summary>
    public IEnumerable<ContactFact> Facts()
    {
        var (fresh, open) = (new RestingFiles(MemoryShelf.One), new HashSet<string>(Open.Select(o => o.Customer), StringComparer.Ordinal));
        fresh.Resume(Resting);
        foreach (var file in Open)
            foreach (var fact in file.Facts) yield return fact;
        foreach (var (customer, file) in fresh.All())
            if (!open.Contains(customer))
                foreach (var fact in FileBytes.Read(customer, file).Facts) yield return fact;
    }
}

/// <summary>
/// Customers' files: in memory those of which something is expected or that changed lately, the others at rest. Whoever changes one opens it; to look at
/// one leaves it where it is.
/// </summary>
internal sealed class CustomerFiles(IShelf shelf)
{
    private readonly Dictionary<string, CustomerFile> _open = new(StringComparer.Ordinal);
    private readonly RestingFiles _resting = new(shelf);
    private readonly ShortBytes _room = new();

    /// <summary>Those in memory, in no order.</summary>
    public IEnumerable<KeyValuePair<string, CustomerFile>> InMemory => _open;

    public int InMemoryCount => _open.Count;

    /// <param name="by">what is judged by now: what rests was judged by the same unless its windows are others, for no alert is due of it</param>
    public CustomerFile Open(string customer, FileRules by)
    {
        if (_open.TryGetValue(customer, out var open)) return open;
        if (AtRest(customer) is not { } file) return _open[customer] = new(by.PerIssue);
        if (file.WindowMs == by.WindowMs && file.PerIssue == by.PerIssue) file.By = by;
        return _open[customer] = file;
    }

    /// <summary>One in memory; null where it is not.</summary>
    public CustomerFile? Opened(string customer) => _open.GetValueOrDefault(customer);

    /// <summary>Those of many as they are, wherever they are, to look at only; without those of whom nothing is known.</summary>
    public Dictionary<string, CustomerFile> Look(IReadOnlyCollection<string> customers)
    {
        var files = new Dictionary<string, CustomerFile>(StringComparer.Ordinal);
        foreach (var customer in customers)
            if (_open.TryGetValue(customer, out var file)) files[customer] = file;
        foreach (var (customer, file) in _resting.Find(customers.Where(c => !files.ContainsKey(c)))) files[customer] = FileBytes.Read(customer, file);
        return files;
    }

    public void Rest(string customer)
    {
        if (_open.Remove(customer, out var file)) _resting.Put(customer, FileBytes.Write(_room, file));
    }

    /// <summary>Some of what came to rest goes to the shelf.</summary>
    public void Write(int runs) => _resting.Write(runs);

    /// <summary>All of those at rest, in no order, to look at only.</summary>
    public IEnumerable<KeyValuePair<string, CustomerFile>> Resting()
    {
        foreach (var (customer, file) in _resting.All())
            if (!_open.ContainsKey(customer)) yield return new(customer, FileBytes.Read(customer, file));
    }

    public FilesImage Image() =>
        new([.. _open.Select(f => new OpenFile(f.Key, f.Value.WindowMs, f.Value.PerIssue, f.Value.HasRested, [.. f.Value.Facts]))], _resting.Image());

    /// <summary>Only on a fresh one.</summary>
    public void Resume(FilesImage image)
    {
        _resting.Resume(image.Resting);
        foreach (var (customer, windowMs, perIssue, hasRested, facts) in image.Open)
        {
            var file = _open[customer] = new(perIssue) { WindowMs = windowMs, HasRested = hasRested };
            foreach (var fact in facts) file.Add(fact);
        }
    }

    private CustomerFile? AtRest(string customer) => _resting.Find(customer) is { } file ? FileBytes.Read(customer, file) : null;
}
