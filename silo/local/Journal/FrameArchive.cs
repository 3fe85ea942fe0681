namespace OpsMonitor.Silo.Local.Journal;

/// <summary>The segments of a folder, from the first frame on without a hole. Safe to call from several threads; calls take turns.</summary>
internal sealed class FrameArchive
{
    private const string FolderName = "archive";

    private readonly Lock _gate = new();
    private readonly List<ArchiveSegment> _segments = [];

    /// <summary>Tells, in plain words, which files are of no use and what that loses.</summary>
    public FrameArchive(string folder, Action<string> announce)
    {
        Folder = Path.Combine(folder, FolderName);
        if (!Directory.Exists(Folder)) return;
        foreach (var path in Directory.GetFiles(Folder, "*" + ArchiveSegment.Extension).Order(StringComparer.Ordinal))
            try
            {
                var segment = ArchiveSegment.Open(path);
                if (segment.First == Last + 1 && segment.HashBefore.AsSpan().SequenceEqual(LastHash)) _segments.Add(segment);
                else if (segment.Last > Last) announce($"The archive '{Path.GetFileName(path)}' does not follow frame {Last}: what lies between is missing, and it cannot be used.");
            }
            catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                announce($"The archive '{Path.GetFileName(path)}' cannot be used: {error.Message}.");
            }
    }

    public string Folder { get; }

    /// <summary>The last frame that stands in it; 0 for none.</summary>
    public long Last
    {
        get { lock (_gate) return _segments.Count == 0 ? 0 : _segments[^1].Last; }
    }

    private byte[] LastHash => _segments.Count == 0 ? new byte[FrameCodec.HashBytes] : _segments[^1].HashAfter;

    /// <summary>The chain's hash at a frame, known at the ends of segments only.</summary>
    public byte[]? HashAt(long sequence)
    {
        lock (_gate) return _segments.Find(s => s.Last == sequence)?.HashAfter;
    }

    /// <summary>Leaves the files alone and makes no use of those that hold a frame at or after one.</summary>
    public void Forget(long from)
    {
        lock (_gate) _segments.RemoveAll(s => s.Last >= from);
    }

    /// <exception cref="JournalDamagedException">its file is torn, altered or gone</exception>
    public byte[] Frame(long sequence)
    {
        lock (_gate)
        {
            var (low, high) = (0, _segments.Count - 1);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_segments[middle].Last < sequence) low = middle + 1; else high = middle;
            }
            return _segments[low].Frame(sequence);
        }
    }

    /// <summary>Adds frames after the last; they are read back before this returns.</summary>
    public void Add(IReadOnlyList<byte[]> frames, byte[] hashAfter, Action<string> step)
    {
        DirectorySync.Create(Folder);
        var segment = ArchiveSegment.Write(Folder, Last + 1, LastHash, hashAfter, frames, step);
        for (var i = 0; i < frames.Count; i++)
            if (!segment.Frame(segment.First + i).AsSpan().SequenceEqual(frames[i])) throw new JournalDamagedException(segment.First + i, "the archive does not read back as it was written");
        lock (_gate) _segments.Add(segment);
    }
}
