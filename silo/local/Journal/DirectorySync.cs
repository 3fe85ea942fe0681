using System.Runtime.InteropServices;

namespace OpsMonitor.Silo.Local.Journal;

/// <summary>Makes a rename or a new file in a folder survive a power cut. .NET has no call for it; Windows needs none.</summary>
internal static class DirectorySync
{
    private const int ReadOnly = 0;

    /// <summary>Creates a folder if it is missing; a new one survives a power cut from here on.</summary>
    public static void Create(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Directory.Exists(path))
            return;
        Directory.CreateDirectory(path);
        Sync(Path.GetDirectoryName(path)!);
    }

    /// <exception cref="IOException">The folder could not be synced.</exception>
    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw Failed(folder);
        try
        {
            if (FSync(descriptor) != 0)
                throw Failed(folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failed(string folder)
    {
        var code = Marshal.GetLastPInvokeError();
        return new IOException($"Could not sync the folder '{folder}': {Marshal.GetPInvokeErrorMessage(code)}", code);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int FSync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int descriptor);
}
