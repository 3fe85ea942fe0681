using Microsoft.Win32.SafeHandles;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Silo.Local;

/// <summary>
/// Bytes out of memory, in files that this process alone needs: nothing is made durable, and they are gone with it. A file that is mostly waste is
/// left for the newest one. Where nothing can be written, the bytes stay in memory.
/// </summary>
public sealed class ScratchShelf : IShelf, IDisposable
{
    private readonly string _folder;
    private readonly int _fileBytes;
    private readonly Action<string> _announce;
    private ScratchFile? _newest;
    private int _number;
    private bool _failed;

    /// <param name="folder">this process's own; what an earlier one left there is deleted</param>
    /// <param name="announce">is told once when nothing can be written</param>
    public ScratchShelf(string folder, Action<string> announce, int fileBytes = 16 * 1024 * 1024)
    {
        (_folder, _announce, _fileBytes) = (folder, announce, fileBytes);
        Try(() =>
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            Directory.CreateDirectory(folder);
        });
    }

    /// <summary>What has been written and not left, waste included.</summary>
    public long FileBytes { get; private set; }

    public RestingBytes Put(byte[] bytes, RestingBytes? instead = null)
    {
        if (instead is Shelved { Place.File: { } file } old && file.Live.Remove(old)) file.LiveBytes -= old.Place.Length;
        else file = null;
        var kept = bytes.Length > 0 && Write(bytes) is { } place ? Live(new Shelved(place)) : MemoryShelf.One.Put(bytes);
        if (file is not null && file != _newest && file.LiveBytes < file.Length / 2) Leave(file);
        return kept;
    }

    public void Dispose()
    {
        _newest = null;
        Try(() => Directory.Delete(_folder, recursive: true));
    }

    private static Shelved Live(Shelved kept)
    {
        kept.Place.File.Live.Add(kept);
        kept.Place.File.LiveBytes += kept.Place.Length;
        return kept;
    }

    private Place? Write(byte[] bytes)
    {
        Place? place = null;
        Try(() =>
        {
            if (_newest is null || _newest.Length + bytes.Length > _fileBytes) _newest = new(Path.Combine(_folder, $"{++_number}.tmp"));
            RandomAccess.Write(_newest.Handle, bytes, _newest.Length);
            place = new(_newest, _newest.Length, bytes.Length);
            _newest.Length += bytes.Length;
            FileBytes += bytes.Length;
        });
        return place;
    }

    // Whoever reads an old place meanwhile holds its file, which is gone when nobody does.
    private void Leave(ScratchFile file)
    {
        foreach (var kept in file.Live.ToArray())
        {
            if (Write(kept.Read()) is not { } place) return; // no room: the others stay where they are
            file.Live.Remove(kept);
            file.LiveBytes -= place.Length;
            kept.Place = place;
            Live(kept);
        }
        FileBytes -= file.Length;
    }

    private void Try(Action write)
    {
        try { write(); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            if (!_failed) _announce($"sums of days ago stay in memory for now: {fault.Message}");
            _failed = true;
        }
    }

    private sealed class ScratchFile(string path)
    {
        public readonly SafeFileHandle Handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.DeleteOnClose);
        public readonly HashSet<Shelved> Live = [];
        public long Length, LiveBytes;
    }

    private sealed record Place(ScratchFile File, long At, int Length);

    private sealed class Shelved(Place place) : RestingBytes
    {
        public Place Place { get; set; } = place;

        public override byte[] Read()
        {
            var (file, at, length) = Place;
            var bytes = new byte[length];
            if (RandomAccess.Read(file.Handle, bytes, at) != length) throw new EndOfStreamException("a scratch file is shorter than what was written to it");
            return bytes;
        }
    }
}
