// SPDX-License-Identifier: GPL-2.0-or-later
// Linked in several ways, to see what each costs.
int main(void) {
    return 0;
}
