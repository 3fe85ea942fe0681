using OpsMonitor.Silo.Orleans.Grains;

namespace OpsMonitor.Silo.Orleans.Node;

/// <summary>Policies and names live in the cluster's storage, so that no node judges by another rule than the next.</summary>
internal static class SharedFiles
{
    private static readonly EnumerationOptions All = new() { RecurseSubdirectories = true };

    /// <summary>Publishes a folder where one is given; then writes what the cluster has to a folder of this process and names it.</summary>
    public static async Task<string> Bring(IGrainFactory grains, string? publish, CancellationToken stop)
    {
        if (publish is not null)
        {
            var files = Directory.EnumerateFiles(publish, "*.yaml", All).Order(StringComparer.Ordinal)
                .ToDictionary(f => Path.GetRelativePath(publish, f).Replace('\\', '/'), File.ReadAllText, StringComparer.Ordinal);
            await grains.Installation().Publish(Wire.Pack(files)).WaitAsync(stop);
        }
        var folder = Directory.CreateTempSubdirectory("opsmonitor-reference-").FullName;
        foreach (var (name, text) in Wire.Unpack<Dictionary<string, string>>(await grains.Installation().Files().WaitAsync(stop)))
        {
            var path = Path.GetFullPath(Path.Combine(folder, name));
            if (!path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw new InvalidDataException($"a shared file would lie outside its folder: {name}");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, text, stop);
        }
        return folder;
    }
}
